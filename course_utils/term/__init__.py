"""An instructor's term around the grading: who is in the class, marks for the learning platform, regrades, reports.

`tables` knows how Canvas, Moodle and Gradescope call their columns, `roster` keeps ``students.csv``, `students` says
who has handed in, `marks` reads the gradebook, `platforms` writes what the platforms import, and `sending` what has
changed since the last time. `regrading` grades a class again and says first whose points would change. `sheets` reads
all that is known of a class's answers, `class_report` looks at it, `report_page` and `report_text` show it.
"""
