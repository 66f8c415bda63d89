"""The tools of a number: what its calls may ask of the business's systems."""
