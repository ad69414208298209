"""Quality rules as data: a collector counts, conditions that all hold make the rule fire, an action follows."""
