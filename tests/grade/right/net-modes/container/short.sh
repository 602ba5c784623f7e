exec nsenter -t $web -n
ip address
