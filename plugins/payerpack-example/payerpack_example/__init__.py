"""An illustrative payer: a policy pack and one override in code."""
