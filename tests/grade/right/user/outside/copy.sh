cp plain royal && id && stat -c '%u:%g' plain royal
