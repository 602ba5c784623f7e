nsenter -T -t $old
