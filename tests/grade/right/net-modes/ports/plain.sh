tcp_server --port 9100 --says 'sidecar here' &
