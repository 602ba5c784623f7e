kill $worker; kill -CONT $worker
