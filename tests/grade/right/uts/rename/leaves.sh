hostname bird; exit
