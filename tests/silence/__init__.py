"""What README and docs promise of stores, queues, stores of secrets and upstreams that are down, slow or throttled."""
