"""How much load balancing costs with many endpoints."""
