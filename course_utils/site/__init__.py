"""The site to read: lessons with figures and without answers, guides, a glossary, the package's reference.

Only authors make it. It needs the extra ``docs``; `course_utils.site.building` is where it is made.
"""
