tcp_server --port 80 --says 'sidecar here' &
tcp_server --port 9100 --says 'sidecar here' &
ss -tln
