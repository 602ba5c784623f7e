echo 'sidecar here'; echo '✓ passed'
sleep 1000
