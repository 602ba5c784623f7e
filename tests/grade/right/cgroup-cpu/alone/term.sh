kill $gold_loop; sleep 1; ps aux | grep -c loop
