nsenter --time=/proc/$old/ns/time
