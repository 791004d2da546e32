# Dates by the number of the month.
date-1 = { $day }{ "\u00A0" }stycznia { $year }
date-2 = { $day }{ "\u00A0" }lutego { $year }
date-3 = { $day }{ "\u00A0" }marca { $year }
date-4 = { $day }{ "\u00A0" }kwietnia { $year }
date-5 = { $day }{ "\u00A0" }maja { $year }
date-6 = { $day }{ "\u00A0" }czerwca { $year }
date-7 = { $day }{ "\u00A0" }lipca { $year }
date-8 = { $day }{ "\u00A0" }sierpnia { $year }
date-9 = { $day }{ "\u00A0" }września { $year }
date-10 = { $day }{ "\u00A0" }października { $year }
date-11 = { $day }{ "\u00A0" }listopada { $year }
date-12 = { $day }{ "\u00A0" }grudnia { $year }
time-of-day = { $hour }:{ $minute }
date-and-time = { $date }, { $time }
