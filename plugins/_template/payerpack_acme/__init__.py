"""Acme's payment policy for payerpack."""
