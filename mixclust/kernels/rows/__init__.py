"""How kernels read rows: dense and sparse rows, panels, strips, exact distances."""
