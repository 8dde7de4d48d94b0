# Gatehouse with the local host, for those who run it elsewhere than on Azure:
#
#   docker build -t gatehouse .
#   docker run -p 8080:8080 -v gatehouse:/data -e Organization__User=... -e Organization__Password=... -e Ops__LocalKey=... gatehouse

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Functions -c Release -o /app && mkdir /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
# The image's own user, who is not root; nothing but the data is theirs to write.
COPY --from=build --chown=$APP_UID:$APP_UID --chmod=700 /data /data
USER $APP_UID
VOLUME /data
# Others can reach this address: the organization's credentials must be given.
ENV Urls=http://0.0.0.0:8080 Storage__Path=/data
EXPOSE 8080
# The image has no shell and no curl: the program asks itself.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["dotnet", "Gatehouse.Functions.dll", "--health"]
ENTRYPOINT ["dotnet", "Gatehouse.Functions.dll"]
