"""What runs the example on Kubernetes: images, manifests, and the front end with names of services as targets."""
