"""Guests against documents: what of a definition a host cannot do, and what it could instead."""
