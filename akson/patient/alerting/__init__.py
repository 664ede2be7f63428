"""Alerts: citizens are told that somebody looked, at a level and in a way of their own (domain rules C5, R31).

choosing.py   what a citizen has chosen
gathering.py  reads the access log and finds the looks that somebody wants to be told of
letters.py    sends a letter that says "Akson", and to sign in: no unit, no person, no content
"""
