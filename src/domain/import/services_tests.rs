//! Exports as services write them, each with two readers who follow: they are
//! taken by `--status active` without a question. Headings are those of the
//! vendors' files and documents; names and addresses are made up.

use super::tests::judged;
use super::*;

/// The heading, and below it the readers; the first column that is blank in
/// one of them, and holds yes or a date in the other, is what would be asked.
const EXPORTS: &[&str] = &[
    // Mailchimp, its list of those who follow.
    "Email Address,First Name,Last Name,Company,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\na@x.org,Kim,,,2,,,2023-04-21 11:16:57,10.0.0.1,,,,,,,,2023-04-21 11:16:57,1,ab,,\nb@x.org,,,X,3,2023-04-21 11:16:57,,2023-04-21 11:16:57,,1.0,2.0,1,2,europe/berlin,DE,BY,2023-04-21 11:16:57,2,cd,,\"\"\"News\"\"\"",
    // Substack's three.
    "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\na@x.org,false,,other,false,2024-01-01,\nb@x.org,true,2025-01-01,yearly,false,2024-01-01,2024-02-01",
    "email,active_subscription,expiry,email_disabled,prefer_digests,created_at\na@x.org,false,,false,true,2024-01-01\nb@x.org,true,2025-01-01,false,false,2024-01-01",
    "email,expiry,email_disabled,prefer_digests,stripe_connected_customer_id,type\na@x.org,,false,false,,free\nb@x.org,2025-01-01T00:00:00Z,false,false,cus_1,paid",
    "Email,Name,Subscription type,Activity,Subscription date,Revenue,Comments (all time),Comments (last 7 days),Shares (all time),Subscriber country,Email receives (last 6 months),Email drops (last 6 months),Emails opened (last 6 months),Email opens (last 7 days),Email last opened at,Link clicks,Last clicked at,Unique emails seen (last 7 days),Post views (last 30 days),Unique posts seen (all-time),Subscriptions gifted,Expires at,Subscription source (free),Days active (last 30 days),First payment at,Paid upgrade date,Cancel date,Receiving emails for,Is Bestseller\na@x.org,Kim,Free,3,2024-01-01,0,0,0,0,DE,12,0,1,0,2024-02-01,1,,1,0,1,0,,web,1,,,,Kim,false\nb@x.org,Lee,Free,0,2024-01-01,0,1,0,1,US,0,0,0,1,,0,2024-02-01,0,1,0,1,2024-03-01,web,0,2024-01-02,2024-01-02,,Kim,true",
    // Ghost.
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers,gift_id\n1,a@x.org,Kim,,true,false,,2024-01-31T08:00:00.000Z,,,,\n2,b@x.org,,,true,true,cus_1,2024-01-31T08:00:00.000Z,,x,Gold,",
    // listmonk, Keila, Buttondown, FeedBurner.
    "uuid,email,name,attributes,status,created_at,updated_at\n1,a@x.org,Kim,{},enabled,2024-03-01 09:30:00.1 +0000 UTC,\n2,b@x.org,Lee,{},enabled,2024-03-01 09:30:00.1 +0000 UTC,2024-03-02 09:30:00.1 +0000 UTC",
    "Email,First name,Last name,Data,Status,External ID\na@x.org,Kim,,{},active,\nb@x.org,,,{},active,1",
    "id,secondary_id,email,notes,subscriber_type,referrer_url,utm_source,utm_medium,utm_campaign,creation_date,ip_address,subscription_date,unsubscription_date,tags,metadata\n1,1,a@x.org,,regular,,,,,2024-01-01,,2024-01-01,,,{}\n2,2,b@x.org,,premium,,x,,,2024-01-01,10.0.0.1,,,corporate;nyc,{'staff': 'true'}",
    "Email,Subscribed,Status,\na@x.org,06/17/2009 09:52,Active,\nb@x.org,06/18/2009 09:52,Active,",
    // beehiiv, Curated, Tiny News, Kit, Brevo, ActiveCampaign, systeme.io, Squarespace, Pagecord.
    "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,Free Tier,Gold Tier,unsubscribed_at,Subscription Date (Substack)\na@x.org,,,active,free,2023-03-24 10:23:10 UTC,,true,false,,\nb@x.org,,,active,premium,2023-03-24 10:23:10 UTC,cus,true,true,,2022-01-01",
    "Email Address,Subscribed at,UTM Source,UTM Medium,UTM Term,UTM Content,UTM Campaign,UTM Last Path,UTM Referrer\na@x.org,2021-02-04 07:55:20 +0000,,,,,,,\nb@x.org,2021-02-04 07:55:20 +0000,x,,,,,,",
    "email,First name,Last name,Date added,Last modified,status,clicks,opens\na@x.org,,,2024-01-01T00:00:00Z,,Subscribed,0,1\nb@x.org,,,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,Subscribed,1,0",
    "first_name,email_address,state,created_at,tags\nKim,a@x.org,active,2025-03-03,\nLee,b@x.org,active,2025-03-03,x",
    "EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;LISTS;DOUBLE_OPT-IN;CONTACT ID;ADDED_TIME;MODIFIED_TIME\na@x.org;;;;No;No;1;Yes;1;12-04-2022 09:30;\nb@x.org;;;;No;Yes;1;Yes;2;12-04-2022 09:30;12-05-2022 09:30",
    "Email,First Name,Last Name,Phone,Tags,Date Created,IP,Status\na@x.org,,,,,2024-01-01,,Active\nb@x.org,,,1,x,2024-01-01,10.0.0.1,Active",
    "Email,First name,Surname,Phone number,Country,Tags,Date registered\na@x.org,,,,,,2024-01-01\nb@x.org,,,,DE,,2024-01-01",
    "Email Address,Date Subscribed\na@x.org,2025-06-01T12:00:00Z\nb@x.org,2025-06-01T12:00:00Z",
    "email,confirmed_at,country\na@x.org,2024-01-01T00:00:00Z,DE\nb@x.org,2024-01-01T00:00:00Z,",
    // Klaviyo, Patreon, Shopify, Google, Outlook, HubSpot, Stripe, Google Forms, Luma, LinkedIn.
    "Email,First Name,Last Name,Phone Number,Organization,Title,City,Country,Tags,Email Marketing Consent,Last Open,Last Click,First Active,Last Active,Profile Created On\na@x.org,,,,,,,,,SUBSCRIBED,2024-01-01,,2024-01-01,,2024-01-01\nb@x.org,,,,,,,,,SUBSCRIBED,,2024-01-01,,2024-01-01,2024-01-01",
    "Name,Email,Twitter,Discord,Patron Status,Follows You,Lifetime Amount,Pledge Amount,Charge Frequency,Tier,Addressee,Street,City,Country,Phone,Patronage Since Date,Last Charge Date,Last Charge Status,Additional Details,User ID,Last Updated,Currency,Max Posts,Access Expiration,Next Charge Date\nKim,a@x.org,,,Active patron,Yes,1,1,monthly,Gold,,,,,,2024-01-01,2024-02-01,Paid,,1,2024-02-01,EUR,,,2024-03-01\nLee,b@x.org,,,Active patron,Yes,2,2,monthly,Gold,,,,,,2024-01-01,,,,2,2024-02-01,EUR,,2024-05-01,",
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags\n1,,,a@x.org,yes,,,,,,,,,no,0,0,,no,\n2,,,b@x.org,yes,,,,,,,,,yes,1,1,,yes,x",
    "Name,Given Name,Family Name,Birthday,Notes,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Value,Organization 1 - Name\nKim,Kim,,1990-01-01,,Home,a@x.org,,\nLee,Lee,,,,Work,b@x.org,1,X",
    "First Name,Middle Name,Last Name,E-mail Address,E-mail 2 Address,Mobile Phone,Company,Birthday,Anniversary,Private,Priority,Sensitivity,Web Page\nKim,,,a@x.org,,,,1990-01-01,,False,Normal,Normal,\nLee,,,b@x.org,,1,,,2010-01-01,True,Normal,Normal,",
    "First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,Lead Status,Create Date,Last Activity Date,Became a Customer Date,Marketing contact status\nKim,,a@x.org,,,Subscriber,New,2025-08-09,2025-08-09,,Marketing contact\nLee,,b@x.org,,,Customer,New,2025-08-09,,2025-08-09,Marketing contact",
    "id,Email,Name,Description,Created (UTC),Total Spend,Delinquent,Plan,Card Last4\nc1,a@x.org,Kim,,2025-05-05 19:00,0,false,,\nc2,b@x.org,Lee,,2025-05-05 19:00,5,true,gold,4242",
    "Timestamp,Email Address,Your full name,Phone\n2026/05/28 7:01:33 PM GMT+2,a@x.org,Kim,\n2026/05/28 7:02:33 PM GMT+2,b@x.org,,1",
    "name,first_name,last_name,email,phone_number,created_at,approval_status,checked_in_at,ticket_name\nKim,,,a@x.org,,2026-01-01T00:00:00Z,approved,2026-01-02T00:00:00Z,Free\nLee,,,b@x.org,,2026-01-01T00:00:00Z,approved,,Free",
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\nKim,,,a@x.org,,,12 Mar 2025\nLee,,,b@x.org,,,12 Mar 2025",
    // MailerLite, MailPoet, Sendy, phpList, Mautic, AWeber, GetResponse.
    "Subscriber,Name,Last name,Company,Country,City,Phone,Location,Sent,Opens,Clicks,Source,Subscribed,IP address,Timezone\na@x.org,,,,,,,,1,1,0,webform,2024-01-01 10:00:00,,\nb@x.org,,,,,,,,0,0,1,api,2024-01-01 10:00:00,,",
    "Email,First name,Last name,Status,List,Global status,Subscribed time\na@x.org,,,subscribed,News,subscribed,2024-01-01\nb@x.org,,,subscribed,News,subscribed,",
    "Name,Email,Joined,Country,Status,Last activity,Signup,IP,Referrer,Method,GDPR\nKim,a@x.org,2024-01-01,,Subscribed,2024-01-01,2024-01-01,,,Double opt-in,Yes\nLee,b@x.org,2024-01-01,,Subscribed,,,,,Double opt-in,Yes",
    "id,email,confirmed,blacklisted,optedin,bouncecount,entered,modified,uniqid,htmlemail,subscribepage,rssfrequency,disabled,extradata,foreignkey\n1,a@x.org,1,0,1,0,2024-01-01 10:00:00,2024-01-01 10:00:00,ab,1,1,,0,,\n2,b@x.org,1,0,1,1,2024-01-01 10:00:00,,cd,0,,,0,,",
    "id,is_published,date_added,last_active,date_identified,points,title,firstname,lastname,company,email,phone,city,country,preferred_locale,owner\n1,1,2024-01-01,2024-01-02,,0,,,,,a@x.org,,,,de,\n2,1,2024-01-01,,2024-01-02,1,,,,,b@x.org,,,,en,",
    "Email,Name,Message #,Date Added,Stop Time,Stop Status,Misc,Ad Tracking,IP Address,Web Form URL,Country,Region,City,Postal Code,Latitude,Longitude,Last Followup Date,Tags,Verified\na@x.org,,1,2024-01-01,,,,,,,,,,,,,2024-01-01,,yes\nb@x.org,,1,2024-01-01,,,,,,,,,,,,,,x,yes",
    "email,name,Added,Origin,Country,City,Engagement score,Day of cycle\na@x.org,,2024-01-01,www,,,1,0\nb@x.org,,2024-01-01,import,,,0,1",
    // Campaign Monitor, Constant Contact, EmailOctopus, Mailjet, CleverReach, rapidmail, Moosend, Drip, Omnisend.
    "Email Address,Name,Date,State,Reads Email With,Consent to track\na@x.org,,2024-01-01,Active,Gmail,Yes\nb@x.org,,2024-01-01,Active,,Unchanged",
    "Email address,First name,Last name,Company,Job title,Phone - mobile,Email Lists,Source Name,Created At,Updated At,Email status,Email permission status,Email update source,Confirmed Opt-Out Date,Confirmed Opt-Out Source,Confirmed Opt-Out Reason,Tags\na@x.org,,,,,,News,Web,2024-01-01,,Active,Express,,,,,\nb@x.org,,,,,,News,Web,2024-01-01,2024-02-01,Active,Implied,,,,,",
    "Email address,First name,Last name,Status,Tags,Start date,Created at,Last updated at\na@x.org,,,subscribed,,2024-01-01,2024-01-01,\nb@x.org,,,subscribed,,,2024-01-01,2024-01-02",
    "Email,Name,CreatedAt,IsExcludedFromCampaigns,IsOptInPending,IsSpamComplaining,LastActivityAt,LastUpdateAt,DeliveredCount\na@x.org,,2024-01-01,false,false,false,2024-01-01,,0\nb@x.org,,2024-01-01,false,false,false,,2024-01-01,1",
    "email;registered;activated;deactivated;source;active;bounced;imported;conversion_rate;rating;vorname;nachname\na@x.org;2024-01-01;2024-01-01;;web;1;0;;0;1;;\nb@x.org;2024-01-01;2024-01-01;;web;1;0;2024-01-01;0;2;;",
    "E-Mail;Vorname;Nachname;Geschlecht;Titel;Geburtsdatum;Status;Aktiviert am;Zuletzt geöffnet;Mailtyp\na@x.org;;;male;;1990-01-01;aktiv;2024-01-01;;html\nb@x.org;;;female;;;aktiv;2024-01-01;2024-05-01;text",
    "Name,Email,Mobile,Member Status,Created On,Updated On,Preferences\n,a@x.org,,Subscribed,2024-01-01,2024-01-01,\n,b@x.org,,Subscribed,2024-01-01,,Travel",
    "email,status,time_zone,lifetime_value,created_at,ip_address,prospect,lead_score,base_lead_score,tags,user_id,eu_consent,eu_consent_updated_at,original_referrer,landing_url,last_visited\na@x.org,active,,0,2024-01-01,,true,1,1,,,granted,,,,2024-01-01\nb@x.org,active,,0,2024-01-01,,false,1,1,,,granted,2024-01-01,,,",
    "email,first name,last name,phone number,email channel status,phone channel status,tags,date added,country,birthdate,gender,last order date,total orders\na@x.org,,,,subscribed,,,2024-01-01,,1990-01-01,,,0\nb@x.org,,,,subscribed,,,2024-01-01,,,,2024-02-01,1",
    // Wix, WooCommerce, WordPress, Jetpack, Newsletter plugin, Discourse, Django, Memberful, Mailman, Jimdo, Moodle.
    "First Name,Last Name,Email 1,Phone 1,Labels,Created At (UTC+0),Email subscriber status,SMS subscriber status,Last Activity,Last Activity Date (UTC+0),Source,Language\n,,a@x.org,,,2024-01-01 10:00,Subscribed,Never subscribed,Form,2024-01-01 10:00,Form,de\n,,b@x.org,,,2024-01-01 10:00,Subscribed,Never subscribed,,,Form,en",
    "Name,Username,Last active,Date registered,Email,Orders,Total spend,AOV,Country / Region,City,Region,Postal code\nKim,kim,2024-01-01,2024-01-01,a@x.org,0,0,0,DE,,,\nLee,,,,b@x.org,1,5,5,DE,,,",
    "ID,user_login,user_email,display_name,user_registered,user_url,roles,last_login,spammer\n1,kim,a@x.org,Kim,2024-01-01 10:00:00,,subscriber,2024-01-01 10:00:00,0\n2,lee,b@x.org,Lee,2024-01-01 10:00:00,,subscriber,,0",
    "Email,Subscribed Date,Source\na@x.org,2024-01-01,web\nb@x.org,,web",
    "id,name,username,email,title,created_at,last_seen_at,last_posted_at,last_emailed_at,trust_level,approved,admin,moderator,staged,primary_group,ip_address\n1,Kim,kim,a@x.org,,2024-01-01,2024-01-01,,2024-01-01,1,true,false,false,false,,\n2,Lee,lee,b@x.org,,2024-01-01,,2024-01-01,,2,true,true,true,false,,",
    "id,username,email,is_staff,is_superuser,is_active,last_login,date_joined\n1,kim,a@x.org,0,0,1,,2024-01-01\n2,lee,b@x.org,1,1,1,2024-01-01,2024-01-01",
    "Full Name,Email,Stripe Customer ID,Plan,Active,Renew?,Expiration Date,Created At,Total Spend,Referrer,Admin URL\nKim,a@x.org,,Gold,Yes,Yes,2025-01-01,2024-01-01,5,,\nLee,b@x.org,,Gold,Yes,No,,2024-01-01,5,,",
    "List Address,Subscriber Email,Display Name,Role,Delivery Mode,Delivery Status,Date Joined\nl@x.org,a@x.org,,member,regular,enabled,2024-01-01\nl@x.org,b@x.org,,member,summary_digests,enabled,2024-01-01",
    "Email address,Nickname,Group status,Email status,Email preference,Posting permissions,Join year,Join month,Join day\na@x.org,,member,,Each email,default,2024,1,1\nb@x.org,,owner,,Daily digest,default,2024,1,1",
    "username,firstname,lastname,email,city,country,lang,maildigest,autosubscribe,lastaccess\nkim,,,a@x.org,,,de,0,1,2024-01-01\nlee,,,b@x.org,,,de,1,0,",
    // Own spreadsheets.
    "Name,E-Mail,Ort,Geburtstag,VIP,Kunde seit,Notiz\nKim,a@x.org,Ulm,1.2.1990,x,,\nLee,b@x.org,,,,3.4.2020,nett",
    "Nom,Prénom,Courriel,Ville,Date de naissance,Dernière visite,Cliente\nA,Kim,a@x.org,Lyon,01/02/1990,,oui\nB,Lee,b@x.org,,,13/02/2020,non",
    "Nombre,Correo electrónico,Ciudad,Fecha de nacimiento,Última compra,Cliente\nKim,a@x.org,,13/02/1990,,sí\nLee,b@x.org,,,13/02/2020,no",
    "氏名,メールアドレス,生年月日,最終購入日,有料会員\n金,a@x.org,1990-01-01,,はい\n李,b@x.org,,2020-01-01,いいえ",
    "姓名,电子邮件,生日,最后登录时间,付费会员\n金,a@x.org,1990-01-01,,是\n李,b@x.org,,2020-01-01,否",
];

/// Its status is a letter, and who left has another.
const LETTERS: &str = "email;name;sex;status;token;list_1;updated\na@x.org;;n;C;ab;1;\nb@x.org;;f;U;cd;0;";

#[test]
fn exports_of_services_are_taken_without_a_question() {
    let choices = Choices { status: Some(Said::Active), ..Choices::default() };
    let mut faults = Vec::new();
    for text in EXPORTS {
        let heading = text.lines().next().unwrap_or_default();
        match judged("export.csv", text, &choices) {
            Err(stop) => faults.push(format!("{heading}: {stop:?}")),
            Ok(entries) => {
                let taken = |who: &str| {
                    entries
                        .iter()
                        .any(|(shown, said)| shown == who && ["active", "nothing"].contains(&said.as_str()))
                };
                if !taken("a@x.org") || !taken("b@x.org") {
                    faults.push(format!("{heading}: {entries:?}"));
                }
            }
        }
    }
    assert!(matches!(judged("export.csv", LETTERS, &choices), Err(Stop::UnknownWords { .. })));
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), EXPORTS.len(), faults.join("\n"));
}
