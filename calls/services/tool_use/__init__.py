"""How a model uses tools in a call: in rounds, and with acts that outlive a reply."""
