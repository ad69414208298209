"""Replays recorded answers through the router's own code: what would each policy have bought, and what come out?"""
