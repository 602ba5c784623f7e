tcp_server --says "left here" --port 8080 & sleep 0.3
nsenter -t $right -n tcp_server --says "right here" --port 8080 &
