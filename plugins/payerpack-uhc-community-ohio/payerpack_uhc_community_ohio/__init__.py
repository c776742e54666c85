"""Imaging guidelines of UnitedHealthcare Community Plan, Ohio, as a payerpack pack; no code."""
