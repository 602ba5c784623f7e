hostname brid; exit
