exec -a writer sleep 1
