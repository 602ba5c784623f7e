nsenter -t $box -u
