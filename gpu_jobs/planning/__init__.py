"""Plans a job before it is published: a simulated crowd works through it by the real routing and judging code."""
