"""The demo: one command that shows the whole loop on loopback, with a made-up bike-sharing service as the requester."""
