"""The report in print. Every function gives the LaTeX text of a section, or of a part of one.

Text from data is escaped; a part whose data are not there is left out.
"""
