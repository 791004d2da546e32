# Dates by the number of the month.
date-1 = { $day }{ "\u00A0" }January { $year }
date-2 = { $day }{ "\u00A0" }February { $year }
date-3 = { $day }{ "\u00A0" }March { $year }
date-4 = { $day }{ "\u00A0" }April { $year }
date-5 = { $day }{ "\u00A0" }May { $year }
date-6 = { $day }{ "\u00A0" }June { $year }
date-7 = { $day }{ "\u00A0" }July { $year }
date-8 = { $day }{ "\u00A0" }August { $year }
date-9 = { $day }{ "\u00A0" }September { $year }
date-10 = { $day }{ "\u00A0" }October { $year }
date-11 = { $day }{ "\u00A0" }November { $year }
date-12 = { $day }{ "\u00A0" }December { $year }
time-of-day = { $hour }:{ $minute }
date-and-time = { $date }, { $time }
