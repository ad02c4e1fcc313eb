"""Consent: who in the glass has agreed that something of them is kept or sent, and how they say so."""
