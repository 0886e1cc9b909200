"""What compose.yaml needs beside the images: secrets made once, and the jobs that set the servers up."""
