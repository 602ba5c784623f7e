nsenter -t $second -p sh -c 'kill -9 1'
