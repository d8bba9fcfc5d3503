"""K-means: nearest centres, Lloyd iterations, seeding."""
