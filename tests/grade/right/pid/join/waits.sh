nsenter -p -t $boss sleep 1000
