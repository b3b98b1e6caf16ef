"""Collecting what a class handed in, from wherever it was uploaded, into ``submitted/``.

`sources` lists the files of a folder or an archive, `layouts` says whose each is, `roster` who somebody is, `planning`
decides which attempt counts, and `taking` writes it.
"""
