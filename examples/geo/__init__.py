"""GeoService: two gRPC services, a web front end that calls them, and a demonstration of the whole."""
