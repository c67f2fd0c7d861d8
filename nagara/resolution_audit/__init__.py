"""Whether what is called resolved is fixed: a random sample of each quarter, drawn so that anybody can draw it again.

``drawing`` says which requests, ``findings`` what was found of them. Figures read both from the event log (N15).
"""
