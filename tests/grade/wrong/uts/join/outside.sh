hostname robin
