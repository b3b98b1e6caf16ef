"""``course challenge``: the class against itself, beyond the points.

`entries` reads what learners handed in, `pairing` says who meets whom, `jobs` has it run in the grader's boxes, `store`
keeps what came of it, `ranking` and `standings` count, `words`, `page` and `tables` show it, `running` joins them. What
is measured stands in the labs, in a module called ``challenge`` beside their exercises.
"""
