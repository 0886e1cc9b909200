"""What compose.yaml needs besides the images: generated secrets, and the jobs that set the servers up."""
