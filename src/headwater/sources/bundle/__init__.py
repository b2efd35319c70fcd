"""Read and write bundles: a folder of plain files that holds a whole estate."""
