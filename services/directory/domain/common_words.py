"""What people here choose when they have to choose a password, beside what zxcvbn's own lists know.

French words of the lists that leaked most often, rows of the AZERTY keyboard, and the platform's own vocabulary.
Without accents, lower case.
"""

_FRENCH = """
motdepasse motdepasse1 mdp mot de passe azerty azertyuiop qsdfghjklm wxcvbn azerty123 azertyuiopqsdfghjklm
bonjour bonsoir bienvenue salut merci coucou soleil lune etoile marseille lyon paris toulouse bordeaux nantes lille
doudou loulou chouchou minou choupette poupette nounours cheval cheri cherie amour jetaime jtaime moncoeur mamour
monamour bebe maman papa maman1 mamanpapa famille enfant frere soeur princesse prince reine
nicolas camille thomas alexandre julien sebastien guillaume olivier stephane christophe caroline celine sandrine
isabelle nathalie veronique francois francoise philippe laurent pierre michel daniel vincent anthony maxime romain
kevin jeremy benjamin charlotte marine laura mathilde pauline juliette manon chloe emilie aurelie virginie
chocolat vanille fraise banane orange citron mangue ananas coco poisson poulet tigre lion elephant serpent tortue
papillon oiseau dauphin chien chat lapin licorne football ballon joueur equipe champion liberte egalite fraternite
republique travail patrie nation drapeau victoire courage espoir bonheur sourire musique guitare danse
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
lundi mardi mercredi jeudi vendredi samedi dimanche printemps automne hiver
secret secrete code codesecret ouvretoi sesame ouvert ferme maison bureau voiture ordinateur telephone portable
internet facebook whatsapp google gmail yahoo hotmail windows samsung orange nokia
changeme changemoi nouveau nouvelle test essai demo exemple admin administrateur utilisateur invite root
jesus dieu seigneur eglise alleluia amen benediction gloire grace allah inchallah mohamed
"""
_PLATFORM = """
togo togolais togolaise togotelecom lome kara sokode kpalime atakpame dapaong tsevie aneho mango bassar notse
savanes centrale plateaux maritime gouv gouvtg gouvernement etat presidence primature assemblee nationale senat
ministere ministre ministres cabinet direction directeur directrice directions secretariat secretaire general
bureau service services agent agents fonctionnaire fonctionnaires chef division prefecture prefet mairie commune
economie finances budget tresor impots douanes numerique sante education enseignement agriculture justice interieur
defense armee securite police gendarmerie travaux publics transport transports energie eau mines environnement
commerce industrie tourisme culture jeunesse sport sports affaires etrangeres cooperation fonction publique
travail emploi femme action sociale plan developpement territoire decentralisation communication
republiquetogolaise travailliberte travaillibertepatrie eperviers gnassingbe eyadema faure emmanuel adebayor
courrier courriel mail messagerie calendrier agenda espace detravail espacedetravail plateforme annuaire fichiers
"""

COMMON = tuple(dict.fromkeys(f"{_FRENCH} {_PLATFORM}".split()))
