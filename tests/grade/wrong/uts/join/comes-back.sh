nsenter -t $box -u hostname robin
