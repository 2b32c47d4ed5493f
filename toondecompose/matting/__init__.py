"""Full resolution: sharp plates, and mattes with soft edges and clean colours."""
