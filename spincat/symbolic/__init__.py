"""The SymPy derivations, one module per topic; each function is one step."""
