//! Countries as documents name them: three letters, or one for Germany (Doc 9303 part 3, section 5).

/// ISO 3166-1: alpha-3 and alpha-2 of every country.
#[rustfmt::skip]
const ISO: &str = "\
    ABW=AW AFG=AF AGO=AO AIA=AI ALA=AX ALB=AL AND=AD ARE=AE ARG=AR ARM=AM ASM=AS ATA=AQ ATF=TF ATG=AG AUS=AU AUT=AT \
    AZE=AZ BDI=BI BEL=BE BEN=BJ BES=BQ BFA=BF BGD=BD BGR=BG BHR=BH BHS=BS BIH=BA BLM=BL BLR=BY BLZ=BZ BMU=BM BOL=BO \
    BRA=BR BRB=BB BRN=BN BTN=BT BVT=BV BWA=BW CAF=CF CAN=CA CCK=CC CHE=CH CHL=CL CHN=CN CIV=CI CMR=CM COD=CD COG=CG \
    COK=CK COL=CO COM=KM CPV=CV CRI=CR CUB=CU CUW=CW CXR=CX CYM=KY CYP=CY CZE=CZ DEU=DE DJI=DJ DMA=DM DNK=DK DOM=DO \
    DZA=DZ ECU=EC EGY=EG ERI=ER ESH=EH ESP=ES EST=EE ETH=ET FIN=FI FJI=FJ FLK=FK FRA=FR FRO=FO FSM=FM GAB=GA GBR=GB \
    GEO=GE GGY=GG GHA=GH GIB=GI GIN=GN GLP=GP GMB=GM GNB=GW GNQ=GQ GRC=GR GRD=GD GRL=GL GTM=GT GUF=GF GUM=GU GUY=GY \
    HKG=HK HMD=HM HND=HN HRV=HR HTI=HT HUN=HU IDN=ID IMN=IM IND=IN IOT=IO IRL=IE IRN=IR IRQ=IQ ISL=IS ISR=IL ITA=IT \
    JAM=JM JEY=JE JOR=JO JPN=JP KAZ=KZ KEN=KE KGZ=KG KHM=KH KIR=KI KNA=KN KOR=KR KWT=KW LAO=LA LBN=LB LBR=LR LBY=LY \
    LCA=LC LIE=LI LKA=LK LSO=LS LTU=LT LUX=LU LVA=LV MAC=MO MAF=MF MAR=MA MCO=MC MDA=MD MDG=MG MDV=MV MEX=MX MHL=MH \
    MKD=MK MLI=ML MLT=MT MMR=MM MNE=ME MNG=MN MNP=MP MOZ=MZ MRT=MR MSR=MS MTQ=MQ MUS=MU MWI=MW MYS=MY MYT=YT NAM=NA \
    NCL=NC NER=NE NFK=NF NGA=NG NIC=NI NIU=NU NLD=NL NOR=NO NPL=NP NRU=NR NZL=NZ OMN=OM PAK=PK PAN=PA PCN=PN PER=PE \
    PHL=PH PLW=PW PNG=PG POL=PL PRI=PR PRK=KP PRT=PT PRY=PY PSE=PS PYF=PF QAT=QA REU=RE ROU=RO RUS=RU RWA=RW SAU=SA \
    SDN=SD SEN=SN SGP=SG SGS=GS SHN=SH SJM=SJ SLB=SB SLE=SL SLV=SV SMR=SM SOM=SO SPM=PM SRB=RS SSD=SS STP=ST SUR=SR \
    SVK=SK SVN=SI SWE=SE SWZ=SZ SXM=SX SYC=SC SYR=SY TCA=TC TCD=TD TGO=TG THA=TH TJK=TJ TKL=TK TKM=TM TLS=TL TON=TO \
    TTO=TT TUN=TN TUR=TR TUV=TV TWN=TW TZA=TZ UGA=UG UKR=UA UMI=UM URY=UY USA=US UZB=UZ VAT=VA VCT=VC VEN=VE VGB=VG \
    VIR=VI VNM=VN VUT=VU WLF=WF WSM=WS YEM=YE ZAF=ZA ZMB=ZM ZWE=ZW";

/// Codes in documents besides ISO 3166-1: Germany's one letter, the six kinds of British nationals, Kosovo.
const BESIDES: &str = "D=DE GBD=GB GBN=GB GBO=GB GBP=GB GBS=GB RKS=XK XKX=XK";

/// Territories with documents that name the country as their issuer: chosen territory, then printed country.
const ISSUED_BY: [(&str, &str); 9] = [
    ("HK", "CN"),
    ("MO", "CN"),
    ("GL", "DK"),
    ("FO", "DK"),
    ("PR", "US"),
    ("GU", "US"),
    ("VI", "US"),
    ("AX", "FI"),
    ("RE", "FR"),
];

fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    ISO.split_whitespace().chain(BESIDES.split_whitespace()).filter_map(|pair| pair.split_once('='))
}

/// Returns ISO 3166-1 alpha-2 for a document's code; `None` for organizations, stateless persons and specimens.
#[must_use]
pub fn alpha2(code: &str) -> Option<&'static str> {
    pairs().find(|(three, _)| *three == code).map(|(_, two)| two)
}

/// Returns ISO 3166-1 alpha-3 of a country.
#[must_use]
pub fn alpha3(country: &str) -> Option<&'static str> {
    pairs().find(|(_, two)| *two == country).map(|(three, _)| three)
}

/// Whether a document with this issuer can be from the chosen country (alpha-2).
#[must_use]
pub fn issued_by(issuer: &str, chosen: &str) -> bool {
    alpha2(issuer).is_some_and(|found| found == chosen || ISSUED_BY.contains(&(chosen, found)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_country_once_and_known_to_doc_9303() {
        let both: Vec<_> = ISO.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        assert_eq!(both.len(), 249);
        let (three, two): (BTreeSet<_>, BTreeSet<_>) = both.iter().copied().unzip();
        assert_eq!((three.len(), two.len()), (249, 249));
        for (three, two) in pairs() {
            // Taiwan is missing from the UN's list, on which the other table is based.
            assert!(::mrz::country_name(three).is_some() || three == "TWN", "{three}");
            assert!(two.len() == 2 && two.bytes().all(|b| b.is_ascii_uppercase()), "{two}");
            assert!(issued_by(three, two), "{three}");
        }
    }

    /// S0-06: the issuer is the chosen country, in every spelling.
    #[test]
    fn issuers_and_choices() {
        assert_eq!((alpha2("D"), alpha2("DEU"), alpha3("DE")), (Some("DE"), Some("DE"), Some("DEU")));
        assert_eq!((alpha2("GBD"), alpha3("GB"), alpha3("PL")), (Some("GB"), Some("GBR"), Some("POL")));
        for code in ["UTO", "XXA", "XXB", "UNO", "EUE", "", "DE", "PL", "D<<"] {
            assert_eq!(alpha2(code), None, "{code}");
        }
        assert!(issued_by("D", "DE") && issued_by("CHN", "HK") && issued_by("USA", "PR"));
        assert!(!issued_by("D", "AT") && !issued_by("HKG", "CN") && !issued_by("UTO", "PL") && !issued_by("POL", "pl"));
    }
}
