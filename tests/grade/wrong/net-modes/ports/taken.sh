tcp_server --port 80 --says 'sidecar here' &
