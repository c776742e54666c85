"""Plugins: what is installed, what is checked before a policy is built, and the compiled plan that calls them."""
