"""Models that learn from the crowd's labels: what the finetune, predict and embed jobs are made of."""
